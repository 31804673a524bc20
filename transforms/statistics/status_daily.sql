SELECT
    vhost,
    status,
    agent_kind,
    count(*) AS hits,
    sum(bytes_sent) AS bytes_sent
FROM hits
GROUP BY ALL
