package org.mneme.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The colours of `chart.css`, seen by readers with and without colour blindness.
class PaletteTest {
  private static final double[][] NORMAL = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};

  /// Machado, Oliveira and Fernandes 2009, full severity, over linear RGB.
  private static final double[][] PROTANOPIA = {
    {0.152286, 1.052583, -0.204868},
    {0.114503, 0.786281, 0.099216},
    {-0.003882, -0.048116, 1.051998}
  };

  private static final double[][] DEUTERANOPIA = {
    {0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.01182, 0.04294, 0.968881}
  };

  private static final double[][] TRITANOPIA = {
    {1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.3039}
  };

  /// Colours by name, as linear RGB.
  private record Theme(Map<String, double[]> colours) {
    double[] of(String name) {
      return Objects.requireNonNull(colours.get(name), name);
    }

    double[] of(Tone tone) {
      return of(tone.name().toLowerCase(Locale.ROOT));
    }
  }

  /// The light and the dark theme.
  private static List<Theme> themes() throws IOException {
    List<Theme> themes = new ArrayList<>();
    try (InputStream in = HtmlWriter.class.getResourceAsStream("chart.css")) {
      String css = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      for (String part : css.split("@media", -1)) {
        Map<String, double[]> colours = new HashMap<>();
        Matcher matcher = Pattern.compile("--(\\w+): #(\\w{6})").matcher(part);
        while (matcher.find()) {
          colours.put(matcher.group(1), linear(Integer.parseInt(matcher.group(2), 16)));
        }
        themes.add(new Theme(colours));
      }
    }
    return themes;
  }

  private static double[] linear(int rgb) {
    double[] linear = new double[3];
    for (int i = 0; i < 3; i++) {
      double c = (rgb >> (16 - 8 * i) & 0xff) / 255.0;
      linear[i] = c <= 0.04045 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4);
    }
    return linear;
  }

  private static double luminance(double[] c) {
    return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2];
  }

  private static double[] seen(double[] c, double[][] eye) {
    double[] seen = new double[3];
    for (int i = 0; i < 3; i++) {
      seen[i] = eye[i][0] * c[0] + eye[i][1] * c[1] + eye[i][2] * c[2];
    }
    return seen;
  }

  /// CIE L*a*b*.
  private static double[] lab(double[] c) {
    double x = curve((0.4124 * c[0] + 0.3576 * c[1] + 0.1805 * c[2]) / 0.95047);
    double y = curve(luminance(c));
    double z = curve((0.0193 * c[0] + 0.1192 * c[1] + 0.9505 * c[2]) / 1.08883);
    return new double[] {116 * y - 16, 500 * (x - y), 200 * (y - z)};
  }

  private static double curve(double t) {
    return t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16.0 / 116;
  }

  private static double contrast(double[] a, double[] b) {
    double lighter = Math.max(luminance(a), luminance(b));
    return (lighter + 0.05) / (Math.min(luminance(a), luminance(b)) + 0.05);
  }

  @Test
  void marksAndTextStandOutFromThePaper() throws IOException {
    List<Theme> themes = themes();
    assertEquals(2, themes.size());
    for (Theme theme : themes) {
      for (Tone tone : Tone.values()) {
        double[] colour = theme.of(tone);
        assertTrue(contrast(colour, theme.of("paper")) >= 3, tone.toString());
      }
      assertTrue(contrast(theme.of("ink"), theme.of("paper")) >= 10);
      assertTrue(contrast(theme.of("muted"), theme.of("paper")) >= 4.5);
    }
  }

  @Test
  void tonesDifferForEveryKindOfEye() throws IOException {
    for (Theme theme : themes()) {
      for (double[][] eye : List.of(NORMAL, PROTANOPIA, DEUTERANOPIA, TRITANOPIA)) {
        for (Tone a : Tone.values()) {
          for (Tone b : Tone.values()) {
            double[] one = lab(seen(theme.of(a), eye));
            double[] two = lab(seen(theme.of(b), eye));
            double distance =
                Math.sqrt(
                    Math.pow(one[0] - two[0], 2)
                        + Math.pow(one[1] - two[1], 2)
                        + Math.pow(one[2] - two[2], 2));
            assertTrue(a == b || distance > 20, a + " and " + b + ": " + distance);
          }
        }
      }
    }
  }
}
