SELECT
    vhost,
    agent_kind,
    agent,
    count(*) AS hits,
    count(*) FILTER (WHERE is_pageview) AS pageviews,
    sum(bytes_sent) AS bytes_sent
FROM hits
GROUP BY ALL
