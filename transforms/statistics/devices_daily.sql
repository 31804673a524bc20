SELECT
    vhost,
    device_class,
    os,
    browser,
    count(*) FILTER (WHERE starts_visit) AS visits,
    count(DISTINCT visitor) AS unique_visitors,
    count(*) FILTER (WHERE is_pageview) AS pageviews
FROM actions
GROUP BY ALL
