package org.mneme.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class MarkupTest {
  @Test
  void markupInTextIsEscaped() {
    assertEquals("&lt;b a=&quot;1&quot;&gt; &amp; &#39;c&#39;", Markup.escape("<b a=\"1\"> & 'c'"));
  }

  @Test
  void whatNoDocumentMayHoldIsReplaced() {
    assertEquals("␀␛␡\ufffd\ufffd\ufffd", Markup.escape("\u0000\u001b\u007f\u0085\ud800\uffff"));
  }

  @Test
  void lettersOfAllScriptsStay() {
    String text = "é 日本 שלום 😀\n\t";
    assertEquals(text, Markup.escape(text));
  }

  @Test
  void elementsMustBeClosedInOrder() {
    assertThrows(IllegalStateException.class, () -> new Markup().open("p").open("b").close("p"));
    assertThrows(IllegalStateException.class, () -> new Markup().open("p").finish());
  }
}
