-- The median is exact from counts per whole second: the mean of the middle two.
WITH seconds AS (
    SELECT
        vhost,
        path,
        dwell,
        count(*) AS views
    FROM pageviews
    WHERE dwell IS NOT NULL
    GROUP BY ALL
),

running AS (
    SELECT
        *,
        sum(views) OVER (PARTITION BY vhost, path ORDER BY dwell) AS upto,
        sum(views) OVER (PARTITION BY vhost, path) AS total
    FROM seconds
),

medians AS (
    SELECT
        vhost,
        path,
        (min(dwell) FILTER (WHERE 2 * upto >= total) + min(dwell) FILTER (WHERE 2 * upto > total)) / 2 AS dwell_median
    FROM running
    GROUP BY ALL
)

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
    any_value(dwell_median) AS dwell_median
FROM pageviews LEFT JOIN medians USING (vhost, path)
GROUP BY ALL
