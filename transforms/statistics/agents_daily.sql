SELECT
    vhost,
    agent_kind,
    agent,
    sum(hits) AS hits,
    sum(pageviews) AS pageviews,
    sum(bytes_sent) AS bytes_sent
FROM traffic
GROUP BY ALL
