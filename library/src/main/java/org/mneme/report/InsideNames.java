package org.mneme.report;

import java.util.ArrayList;
import java.util.List;

/// Finds places for names along their lines, where no line crosses them and the other lines are far
/// away.
final class InsideNames {
  private static final int CANDIDATES = 40;

  /// Beyond this many pixels, more distance from other lines is no gain.
  private static final double FAR = 50;

  private final Scale x;
  private final Scale y;
  private final List<Trace> traces;
  private final List<Place> taken = new ArrayList<>();

  /// Anchor and baseline of a name, and its box.
  record Place(
      double x, double y, String anchor, double left, double top, double right, double bottom) {
    /// To the left or right of `x`, above or below `y`.
    static Place near(double x, double y, boolean leftwards, boolean upwards, double width) {
      double anchor = x + (leftwards ? -7 : 7);
      double baseline = y + (upwards ? -7 : 16);
      double left = leftwards ? anchor - width : anchor;
      String side = leftwards ? "end" : "start";
      return new Place(anchor, baseline, side, left, baseline - 11, left + width, baseline + 4);
    }

    boolean overlaps(Place other) {
      return left < other.right + 4
          && other.left < right + 4
          && top < other.bottom + 2
          && other.top < bottom + 2;
    }
  }

  InsideNames(Scale x, Scale y, List<Trace> traces) {
    this.x = x;
    this.y = y;
    this.traces = traces;
  }

  /// One place for each name, in the order of the lines; empty when some name finds none.
  List<Place> places(List<String> names) {
    for (int i = 0; i < names.size(); i++) {
      Place best = best(i, TextWidth.pixels(names.get(i), Canvas.LETTERS));
      if (best.anchor().isEmpty()) {
        return List.of();
      }
      taken.add(best);
    }
    return List.copyOf(taken);
  }

  private Place best(int line, double width) {
    Place best = new Place(0, 0, "", 0, 0, 0, 0);
    double bestScore = Double.NEGATIVE_INFINITY;
    double middle = (x.start() + x.end()) / 2;
    for (int c = 0; c < CANDIDATES * 4; c++) {
      double at = x.start() + (Math.floorDiv(c, 4) + 0.5) / CANDIDATES * (x.end() - x.start());
      double height = traces.get(line).at(at);
      if (Double.isNaN(height)) {
        continue;
      }
      Place place = Place.near(at, height, (c & 1) == 0, (c & 2) == 0, width);
      double score = Math.min(FAR, clearance(place, line)) - Math.abs(at - middle) * 0.05;
      if (score > bestScore && fits(place)) {
        best = place;
        bestScore = score;
      }
    }
    return best;
  }

  private boolean fits(Place place) {
    return place.left() > x.start()
        && place.right() < x.end()
        && place.top() > y.end()
        && place.bottom() < y.start() - 2
        && taken.stream().noneMatch(place::overlaps);
  }

  /// The distance of the nearest line other than `own`, minus infinity when any line crosses the
  /// box.
  private double clearance(Place place, int own) {
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < traces.size(); i++) {
      for (double at = place.left() - 3; at <= place.right() + 3; at += 3) {
        double height = traces.get(i).at(at);
        if (height > place.top() - 2 && height < place.bottom() + 2) {
          return Double.NEGATIVE_INFINITY;
        }
        double distance = height < place.top() ? place.top() - height : height - place.bottom();
        least = i != own && distance < least ? distance : least;
      }
    }
    return least;
  }
}
