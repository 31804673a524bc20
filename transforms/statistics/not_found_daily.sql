SELECT
    vhost,
    path,
    referrer_host,
    count(*) AS hits
FROM not_found
GROUP BY ALL
