SELECT
    vhost,
    path,
    count(*) AS downloads,
    count(DISTINCT visitor) AS unique_visitors
FROM downloads
GROUP BY ALL
