"""Reading of a page with the parser of the standard library, which checks its nesting."""

from html.parser import HTMLParser

VOID = {"br", "col", "hr", "img", "link", "meta"}


class Page(HTMLParser):
    """Elements of a page: names, attributes and texts."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.elements = [], []

    def handle_starttag(self, tag, attrs):
        assert len({name for name, _ in attrs}) == len(attrs), f"{tag} repeats an attribute"
        self.elements.append((tag, dict(attrs), []))
        if tag not in VOID:
            self.open.append(self.elements[-1])

    def handle_endtag(self, tag):
        assert self.open and self.open[-1][0] == tag, f"{tag} ends before {self.open[-1:]}"
        self.open.pop()

    def handle_data(self, data):
        for _, _, texts in self.open:
            texts.append(data)

    def attributes_of(self, tag):
        return [attributes for name, attributes, _ in self.elements if name == tag]

    def text_of(self, tag):
        return ["".join(texts) for name, _, texts in self.elements if name == tag]


def read_page(text):
    page = Page()
    page.feed(text)
    page.close()
    assert not page.open, f"not ended: {[each[0] for each in page.open]}"
    ids = [attributes["id"] for _, attributes, _ in page.elements if "id" in attributes]
    assert len(set(ids)) == len(ids), "an id is used twice"
    return page
