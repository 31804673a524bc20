SELECT
    vhost,
    instant // 3600000000 * 3600000000 AS hour,
    agent_kind,
    count(*) AS hits,
    count(*) FILTER (WHERE is_pageview) AS pageviews,
    sum(bytes_sent) AS bytes_sent,
    count(*) FILTER (WHERE status BETWEEN 400 AND 499) AS errors_4xx,
    count(*) FILTER (WHERE status BETWEEN 500 AND 599) AS errors_5xx
FROM hits
GROUP BY ALL
