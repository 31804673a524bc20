SELECT
    vhost,
    status,
    agent_kind,
    sum(hits) AS hits,
    sum(bytes_sent) AS bytes_sent
FROM traffic
GROUP BY ALL
