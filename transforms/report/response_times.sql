-- A percentile is the upper bound of the bucket it lies in: that share of the hits took at most so long.
WITH counted AS (
    SELECT
        path,
        bucket,
        sum(hits) AS hits
    FROM response_times_daily
    GROUP BY path, bucket
),

running AS (
    SELECT
        path,
        bucket,
        sum(hits) OVER (PARTITION BY path ORDER BY bucket) AS hits_within,
        sum(hits) OVER (PARTITION BY path) AS hits
    FROM counted
)

SELECT
    path,
    max(hits) AS hits,
    min(bucket) FILTER (WHERE hits_within >= hits * 0.5) AS p50,
    min(bucket) FILTER (WHERE hits_within >= hits * 0.9) AS p90,
    min(bucket) FILTER (WHERE hits_within >= hits * 0.99) AS p99
FROM running
GROUP BY path
ORDER BY path = '(other)' ASC, hits DESC, path ASC
