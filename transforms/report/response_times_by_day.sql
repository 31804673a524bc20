-- As response_times.sql, of all paths; days whose logs have no times are left out.
WITH counted AS (
    SELECT
        day,
        bucket,
        sum(hits) AS hits
    FROM response_times_daily
    GROUP BY day, bucket
),

running AS (
    SELECT
        day,
        bucket,
        sum(hits) OVER (PARTITION BY day ORDER BY bucket) AS hits_within,
        sum(hits) OVER (PARTITION BY day) AS hits
    FROM counted
)

SELECT
    day,
    max(hits) AS hits,
    min(bucket) FILTER (WHERE hits_within >= hits * 0.5) AS p50,
    min(bucket) FILTER (WHERE hits_within >= hits * 0.9) AS p90,
    min(bucket) FILTER (WHERE hits_within >= hits * 0.99) AS p99
FROM running
GROUP BY day
ORDER BY day
