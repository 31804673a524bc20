SELECT
    companies.company,
    agents_daily.agent,
    sum(agents_daily.hits) AS hits,
    sum(agents_daily.bytes_sent) AS bytes_sent
FROM agents_daily
INNER JOIN companies ON agents_daily.agent = companies.agent
WHERE agents_daily.agent_kind = 'ai'
GROUP BY companies.company, agents_daily.agent
ORDER BY agents_daily.agent = '(other)' ASC, hits DESC, companies.company ASC, agents_daily.agent ASC
