SELECT
    source_kind,
    source,
    campaign,
    sum(visits) AS visits,
    sum(pageviews) AS pageviews,
    sum(bounces) AS bounces
FROM sources_daily
GROUP BY source_kind, source, campaign
ORDER BY source = '(other)' AND campaign = '(other)' ASC, visits DESC, source_kind ASC, source ASC, campaign ASC
