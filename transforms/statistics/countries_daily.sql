SELECT
    vhost,
    country,
    count(*) FILTER (WHERE starts_visit) AS visits,
    count(DISTINCT visitor) AS unique_visitors,
    count(*) FILTER (WHERE is_pageview) AS pageviews
FROM actions
GROUP BY ALL
