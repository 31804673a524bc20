SELECT
    agent_kind,
    agent,
    sum(hits) AS hits,
    sum(bytes_sent) AS bytes_sent
FROM agents_daily
GROUP BY agent_kind, agent
ORDER BY agent = '(other)' ASC, hits DESC, agent_kind ASC, agent ASC
