/// One file per architecture, and the few blocks they share.
///
/// Shape words: `batch`, `time`, `tokens` (= batch x time, padding included), `dim` (model width),
/// `heads`, `targets` (the positions whose loss is asked for).
@NullMarked
package org.mneme.model;

import org.jspecify.annotations.NullMarked;
