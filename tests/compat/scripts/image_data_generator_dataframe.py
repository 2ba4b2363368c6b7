# flow_from_dataframe with pandas, categorical classes and a test generator without labels.
import pandas as pd
import tensorflow as tf

df = pd.read_csv("photos.csv")
print(df.shape, list(df.columns))
datagen = tf.keras.preprocessing.image.ImageDataGenerator(rescale=1 / 255.0, validation_split=0.2)
train = datagen.flow_from_dataframe(
    dataframe=df,
    directory="photos",
    x_col="filename",
    y_col="label",
    subset="training",
    batch_size=8,
    seed=42,
    shuffle=True,
    class_mode="categorical",
    target_size=(24, 24),
)
valid = datagen.flow_from_dataframe(
    dataframe=df,
    directory="photos",
    x_col="filename",
    y_col="label",
    subset="validation",
    batch_size=8,
    class_mode="categorical",
    target_size=(24, 24),
)
test = tf.keras.preprocessing.image.ImageDataGenerator(rescale=1 / 255.0).flow_from_dataframe(
    dataframe=df,
    directory="photos",
    x_col="filename",
    y_col=None,
    batch_size=4,
    shuffle=False,
    class_mode=None,
    target_size=(24, 24),
)
model = tf.keras.Sequential(
    [
        tf.keras.layers.Conv2D(4, 3, activation="relu", input_shape=(24, 24, 3)),
        tf.keras.layers.GlobalAveragePooling2D(),
        tf.keras.layers.Dense(2, activation="softmax"),
    ]
)
model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
history = model.fit(train, validation_data=valid, epochs=1, verbose=0)
pred = model.predict(test, verbose=0)
predicted_class_indices = pred.argmax(axis=1)
labels = dict((v, k) for k, v in train.class_indices.items())
predictions = [labels[k] for k in predicted_class_indices]
results = pd.DataFrame({"Filename": test.filenames, "Predictions": predictions})
print(results.shape, train.n, valid.n, test.n)
