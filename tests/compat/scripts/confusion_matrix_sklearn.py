# sklearn around a network: split, confusion matrix, report, one-hot by LabelBinarizer.
import keras
import numpy as np
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.class_weight import compute_class_weight

(data, labels), _ = keras.datasets.fashion_mnist.load_data()
data = data[:400].reshape(-1, 28, 28, 1).astype("float32") / 255.0
names = np.array(
    ["top", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"]
)
labels = names[labels[:400]]
lb = LabelBinarizer()
onehot = lb.fit_transform(labels)
trainX, testX, trainY, testY = train_test_split(data, onehot, test_size=0.25, random_state=42)
weights = compute_class_weight(class_weight="balanced", classes=np.arange(10), y=trainY.argmax(1))
model = keras.Sequential()
model.add(keras.layers.Input((28, 28, 1)))
model.add(keras.layers.Conv2D(8, 3, activation="relu"))
model.add(keras.layers.MaxPooling2D(2))
model.add(keras.layers.Flatten())
model.add(keras.layers.Dense(10, activation="softmax"))
opt = keras.optimizers.SGD(learning_rate=0.01, momentum=0.9)
model.compile(loss="categorical_crossentropy", optimizer=opt, metrics=["accuracy"])
H = model.fit(
    trainX,
    trainY,
    validation_data=(testX, testY),
    epochs=2,
    batch_size=32,
    class_weight=dict(enumerate(weights)),
)
predictions = model.predict(x=testX, batch_size=32)
report = classification_report(
    testY.argmax(axis=1),
    predictions.argmax(axis=1),
    labels=range(10),
    target_names=lb.classes_,
    zero_division=0,
)
cm = confusion_matrix(testY.argmax(axis=1), predictions.argmax(axis=1), labels=range(10))
print(cm.shape, cm.sum(), "macro avg" in report)
print(0 <= accuracy_score(testY.argmax(axis=1), predictions.argmax(axis=1)) <= 1)
