// Whether an image is unlike the training images: two Mahalanobis distances, as
// scallion.insight.findings.out_of_distribution computes them. No DOM here.
class Detector {
  constructor(stored) {
    this.features = Detector.distance(stored.features);
    this.thumbnails = Detector.distance(stored.thumbnails);
  }

  static distance({ means, whitening, threshold }) {
    const floats = ({ float32 }) => new Float32Array(bytesOf(float32).buffer);
    return { size: means.shape[1], means: floats(means), whitening: floats(whitening), threshold };
  }

  // The squared distance of a point to the nearest mean.
  static squared({ size, means, whitening }, point) {
    let nearest = Infinity;
    for (let start = 0; start < means.length; start += size) {
      const apart = Float64Array.from(point, (value, i) => value - means[start + i]);
      let sum = 0;
      for (let column = 0; column < size; column++) {
        let value = 0;
        if (whitening.length === size) value = apart[column] * whitening[column];
        else for (let row = 0; row < size; row++) value += apart[row] * whitening[row * size + column];
        sum += value * value;
      }
      nearest = Math.min(nearest, sum);
    }
    return nearest;
  }

  // `image` has the values that the network takes, `features` are the inputs of its last layer.
  isOutlier(features, image, shape) {
    const exceeds = (distance, point) => Detector.squared(distance, point) > distance.threshold;
    return exceeds(this.features, features) || exceeds(this.thumbnails, thumbnail(image, shape));
  }
}

// Means over blocks of an image (height, width, channels), at most 120 values.
function thumbnail(image, { height, width, channels }) {
  const side = Math.max(1, Math.floor(Math.sqrt(120 / channels)));
  const edges = (length) => {
    const count = Math.min(side, length);
    return Array.from({ length: count + 1 }, (_, k) => Math.floor(length * k / count));
  };
  const rows = edges(height), columns = edges(width), out = [];
  for (let r = 0; r + 1 < rows.length; r++) {
    for (let c = 0; c + 1 < columns.length; c++) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let y = rows[r]; y < rows[r + 1]; y++) {
          for (let x = columns[c]; x < columns[c + 1]; x++) sum += image[(y * width + x) * channels + channel];
        }
        out.push(sum / ((rows[r + 1] - rows[r]) * (columns[c + 1] - columns[c])));
      }
    }
  }
  return out;
}
