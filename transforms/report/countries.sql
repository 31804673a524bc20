SELECT
    country,
    sum(visits) AS visits,
    sum(pageviews) AS pageviews
FROM countries_daily
GROUP BY country
ORDER BY country = '(other)' ASC, visits DESC, country ASC
