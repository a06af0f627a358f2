"""What the visible label says, by language."""

from dataclasses import dataclass

from mien.errors import ParameterError


@dataclass(frozen=True)
class Wording:
    """badge: on every frame. short: where the badge has no room. card: on the first seconds."""

    badge: str
    short: str
    card: str


WORDINGS = {
    "en": Wording("AI MODIFIED", "AI", "This picture has been modified by AI"),
    "de": Wording("KI-VERÄNDERT", "KI", "Dieses Bild wurde mit KI verändert"),
    "fr": Wording("MODIFIÉ PAR IA", "IA", "Cette image a été modifiée par une IA"),
    "es": Wording("MODIFICADO CON IA", "IA", "Esta imagen ha sido modificada con IA"),
    "it": Wording("MODIFICATO CON IA", "IA", "Questa immagine è stata modificata con IA"),
    "pt": Wording("MODIFICADO POR IA", "IA", "Esta imagem foi modificada por IA"),
    "nl": Wording("AI-BEWERKT", "AI", "Dit beeld is met AI bewerkt"),
    "pl": Wording("ZMIENIONE PRZEZ AI", "AI", "Ten obraz został zmieniony przez AI"),
}


def wording_of(language: str) -> Wording:
    """The wording of a two-letter language. Raises ParameterError for one that is not there."""
    if language not in WORDINGS:
        known = ", ".join(WORDINGS)
        raise ParameterError(f"There is no label in {language!r}; use one of {known}.")
    return WORDINGS[language]
