SELECT
    from_path,
    to_path,
    sum(transitions) AS transitions
FROM transitions_daily
GROUP BY from_path, to_path
ORDER BY from_path = '(other)' AND to_path = '(other)' ASC, transitions DESC, from_path ASC, to_path ASC
