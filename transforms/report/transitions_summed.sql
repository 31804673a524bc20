-- The nine most used pages on each side; every other named page is null, and what was folded stays apart from these.
WITH leaving AS (
    SELECT
        from_path AS path,
        row_number() OVER (ORDER BY sum(transitions) DESC, from_path ASC) AS place
    FROM transitions_daily
    WHERE from_path <> '(other)'
    GROUP BY from_path
),

arriving AS (
    SELECT
        to_path AS path,
        row_number() OVER (ORDER BY sum(transitions) DESC, to_path ASC) AS place
    FROM transitions_daily
    WHERE to_path <> '(other)'
    GROUP BY to_path
),

ends AS (
    SELECT
        CASE WHEN moves.from_path = '(other)' OR leaving.place <= 9 THEN moves.from_path END AS from_path,
        CASE WHEN moves.to_path = '(other)' OR arriving.place <= 9 THEN moves.to_path END AS to_path,
        moves.transitions
    FROM transitions_daily AS moves
    LEFT JOIN leaving ON moves.from_path = leaving.path
    LEFT JOIN arriving ON moves.to_path = arriving.path
)

SELECT
    from_path,
    to_path,
    sum(transitions) AS transitions
FROM ends
GROUP BY from_path, to_path
ORDER BY transitions DESC, from_path ASC, to_path ASC
