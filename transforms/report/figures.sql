-- One row: the whole period. Sums of unique visitors are visitor-days; a share or mean of nothing is null. Requests in
-- attacks are of traffic_hourly, since attacks_daily counts one request for each of its alerts.
WITH people AS (
    SELECT
        sum(visits) AS visits,
        sum(unique_visitors) AS unique_visitors,
        sum(pageviews) AS pageviews,
        sum(downloads) AS downloads,
        sum(bounces) AS bounces,
        sum(visit_seconds) AS visit_seconds
    FROM visits_daily
),

traffic AS (
    SELECT
        sum(hits) AS hits,
        sum(hits) FILTER (WHERE agent_kind = 'human') AS by_people,
        sum(hits) FILTER (WHERE agent_kind = 'ai') AS by_ai,
        sum(hits) FILTER (WHERE agent_kind = 'attack') AS in_attacks,
        sum(bytes_sent) AS bytes_sent,
        sum(errors_4xx) AS errors_4xx,
        sum(errors_5xx) AS errors_5xx
    FROM traffic_hourly
),

logged AS (SELECT sum(errors) AS errors FROM errors_daily)

SELECT
    coalesce(people.visits, 0) AS visits,
    coalesce(people.unique_visitors, 0) AS unique_visitors,
    coalesce(people.pageviews, 0) AS pageviews,
    coalesce(people.downloads, 0) AS downloads,
    people.bounces / nullif(people.visits, 0) AS bounce_rate,
    people.visit_seconds / nullif(people.visits, 0) AS visit_mean,
    coalesce(traffic.hits, 0) AS hits,
    coalesce(traffic.by_people, 0) / nullif(traffic.hits, 0) AS people_share,
    coalesce(traffic.by_ai, 0) / nullif(traffic.hits, 0) AS ai_share,
    coalesce(traffic.bytes_sent, 0) AS bytes_sent,
    coalesce(traffic.errors_4xx, 0) / nullif(traffic.hits, 0) AS client_error_share,
    coalesce(traffic.errors_5xx, 0) / nullif(traffic.hits, 0) AS server_error_share,
    coalesce(logged.errors, 0) AS errors,
    coalesce(traffic.in_attacks, 0) AS attack_hits
FROM people, traffic, logged
