# flow_from_directory with a validation split, class indices, predictions in order.
import numpy as np
from tensorflow.keras import layers, models
from tensorflow.keras.preprocessing.image import ImageDataGenerator

train_datagen = ImageDataGenerator(
    rescale=1.0 / 255, shear_range=0.2, zoom_range=0.2, horizontal_flip=True, validation_split=0.25
)
train_generator = train_datagen.flow_from_directory(
    "photos", target_size=(32, 32), batch_size=8, class_mode="binary", subset="training", seed=2
)
validation_generator = train_datagen.flow_from_directory(
    "photos",
    target_size=(32, 32),
    batch_size=8,
    class_mode="binary",
    subset="validation",
    shuffle=False,
)
print(train_generator.class_indices, train_generator.samples, len(validation_generator))

model = models.Sequential()
model.add(layers.Conv2D(8, (3, 3), activation="relu", input_shape=(32, 32, 3)))
model.add(layers.MaxPooling2D((2, 2)))
model.add(layers.Flatten())
model.add(layers.Dense(16, activation="relu"))
model.add(layers.Dense(1, activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["acc"])
history = model.fit(
    train_generator,
    steps_per_epoch=len(train_generator),
    epochs=2,
    validation_data=validation_generator,
    validation_steps=len(validation_generator),
)
validation_generator.reset()
probabilities = model.predict(validation_generator)
predicted = (probabilities > 0.5).astype("int32")
print(predicted.shape, validation_generator.classes.shape, validation_generator.filenames[0])
labels = {v: k for k, v in train_generator.class_indices.items()}
print(labels[int(predicted[0][0])] in ("cats", "dogs"))
print(np.unique(validation_generator.classes))
