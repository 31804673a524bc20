SELECT
    vhost,
    path,
    bucket,
    count(*) AS hits,
    sum(request_microseconds) / 1000000 AS request_seconds
FROM timed
GROUP BY ALL
