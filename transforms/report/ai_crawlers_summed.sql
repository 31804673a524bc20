SELECT
    companies.company,
    sum(agents_daily.hits) AS hits
FROM agents_daily
INNER JOIN companies ON agents_daily.agent = companies.agent
WHERE agents_daily.agent_kind = 'ai'
GROUP BY companies.company
ORDER BY companies.company = '(other)' ASC, hits DESC, companies.company ASC
