from transforms.detection.searches import FIELDS, count_searches


def test_of_thousands_of_fields_the_last_ones_are_one_field():
    typed = ["x" * number for number in range(1, 100)]

    assert count_searches(f"/?q={text}{'&' * 8000}" for text in typed) == 1
    assert count_searches(f"/?{'&' * 8000}q={text}" for text in typed) == 1
    assert count_searches(f"/?{'&' * FIELDS}q={text}&l=nb" for text in typed) == len(typed)


def test_a_path_is_not_typed():
    assert count_searches(["/x.php", "/x.php.bak", "/x.php?a=1"]) == 2
