SELECT
    vhost,
    source_kind,
    source,
    campaign,
    count(*) FILTER (WHERE starts_visit) AS visits,
    count(DISTINCT visitor) AS unique_visitors,
    count(*) FILTER (WHERE is_pageview) AS pageviews,
    count(*) FILTER (WHERE is_bounce) AS bounces
FROM actions
GROUP BY ALL
