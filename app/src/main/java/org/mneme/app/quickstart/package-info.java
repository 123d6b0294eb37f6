/// The main job: teach a real, frozen encoder facts through a memory, beside two ways without one.
@NullMarked
package org.mneme.app.quickstart;

import org.jspecify.annotations.NullMarked;
