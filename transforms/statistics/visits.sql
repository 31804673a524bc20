-- One row a visit of people: a visit counts where it started; one of downloads only has no first and last page.
SELECT
    any_value(instant) FILTER (WHERE starts_visit) // 60000000 * 60000000 AS minute,
    any_value(vhost) FILTER (WHERE starts_visit) AS vhost,
    any_value(remaining) FILTER (WHERE starts_visit) // 1000000 AS visit_seconds,
    count(*) AS actions,
    any_value(path) FILTER (WHERE is_entry) AS entry_path,
    any_value(path) FILTER (WHERE is_exit) AS exit_path,
    any_value(source_kind) AS source_kind,
    any_value(source) AS source,
    any_value(device_class) AS device_class,
    any_value(country) AS country
FROM actions
GROUP BY visitor, visit
