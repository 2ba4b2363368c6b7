"""TOML as typed values: errors name the table, and the fields that it has."""

import pytest

from scallion.errors import DataError
from scallion.study.plan import Study
from scallion.toml_format import read_toml

HEAD = 'title = "x"\n[axes]\nseed = [1]\n'


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("color = 1\n" + HEAD, "title"),
        (HEAD + "[budget]\nmintes = 1", "minutes"),
        (HEAD + "[random]\nlr = [1, 2]", "count"),
        (HEAD + "[stop]\npatience = 3", "below"),
        (HEAD + "[[questions]]\naxis = 'seed'", "measure"),
    ],
)
def test_an_unknown_field_is_told_the_fields_of_its_table(text: str, field: str) -> None:
    with pytest.raises(DataError) as raised:
        read_toml(text, Study, "a.toml")
    hint = str(raised.value.hint)
    assert hint.startswith("its fields are: ")
    assert field in hint
    assert ("title" in hint) == (field == "title")


def test_a_wrong_type_within_a_table_names_the_place() -> None:
    with pytest.raises(DataError, match=r"expected `str`, got `int`, in `labels\[...\]") as raised:
        read_toml(HEAD + "[labels.x]\np = 3", Study, "a.toml")
    assert "compare with the examples" in str(raised.value.hint)
