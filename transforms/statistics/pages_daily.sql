-- The median is exact: the mean of the middle two.
SELECT
    vhost,
    path,
    count(*) AS views,
    count(DISTINCT visitor) AS unique_visitors,
    count(*) FILTER (WHERE is_entry) AS entries,
    count(*) FILTER (WHERE is_exit) AS exits,
    count(*) FILTER (WHERE is_bounce) AS bounces,
    coalesce(sum(dwell), 0) AS dwell_seconds,
    count(dwell) AS dwell_views,
    median(dwell) AS dwell_median
FROM pageviews
GROUP BY ALL
