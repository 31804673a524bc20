SELECT
    source_kind,
    sum(visits) AS visits,
    sum(pageviews) AS pageviews,
    sum(bounces) AS bounces
FROM sources_daily
GROUP BY source_kind
ORDER BY visits DESC, source_kind ASC
