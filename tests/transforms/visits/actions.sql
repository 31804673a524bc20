-- One row an action (a person's pageview or download), with what its visit knows.
-- A visit: one visitor's actions with gaps under $gap microseconds; a gap of exactly $gap starts a new one.
WITH spaced AS (
    SELECT
        *,
        instant - lag(instant) OVER (PARTITION BY visitor ORDER BY instant, position) AS silence
    FROM acts
),

numbered AS (
    SELECT
        *,
        count(*) FILTER (WHERE silence IS NULL OR silence >= $gap)
            OVER (PARTITION BY visitor ORDER BY instant, position ROWS UNBOUNDED PRECEDING) AS visit
    FROM spaced
)

SELECT
    visitor,
    visit,
    instant,
    vhost,
    path,
    is_pageview,
    is_download,
    first_value(source_kind) OVER visits AS source_kind,
    first_value(source) OVER visits AS source,
    first_value(campaign) OVER visits AS campaign,
    device_class,
    os,
    browser,
    country,
    -- to the whole second, and none for a visit's last action
    (lead(instant) OVER visits - instant) // 1000000 AS dwell,
    row_number() OVER visits = 1 AS starts_visit,
    count(*) OVER (PARTITION BY visitor, visit) = 1 AS is_bounce,
    max(instant) OVER (PARTITION BY visitor, visit) - instant AS remaining,
    is_pageview AND row_number() OVER pages = 1 AS is_entry,
    is_pageview AND lead(path) OVER pages IS NULL AS is_exit,
    lead(path) OVER pages AS to_path
FROM numbered
WINDOW
    visits AS (PARTITION BY visitor, visit ORDER BY instant, position),
    pages AS (PARTITION BY visitor, visit, is_pageview ORDER BY instant, position)
