"""The estimators, as scikit-learn knows them."""
