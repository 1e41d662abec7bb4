"""Small real data sets, as R and its packages MASS and mclust ship them."""

from __future__ import annotations

from .dataset import Dataset, read_packaged


def faithful() -> Dataset:
    """Load 272 eruptions of Old Faithful: how long each took and the wait before the next, in minutes.

    References
    ----------
    Azzalini and Bowman (1990), A look at some data on the Old Faithful geyser, Applied Statistics 39,
    357-365; shipped in R's datasets.

    Examples
    --------
    >>> faithful().feature_names, faithful().data[0]
    (('eruptions', 'waiting'), array([ 3.6, 79. ]))
    """
    return read_packaged("faithful", "eruptions of the Old Faithful geyser, minutes")


def galaxies() -> Dataset:
    """Load the velocities of 82 galaxies in the Corona Borealis region, in 1000 km/s.

    The 78th is 26.690, as in R's MASS; Roeder's paper has 26.960.

    References
    ----------
    Roeder (1990), Density estimation with confidence sets exemplified by superclusters and voids in the
    galaxies, Journal of the American Statistical Association 85, 617-624; shipped in R's MASS.

    Examples
    --------
    >>> galaxies().data.shape
    (82, 1)
    """
    return read_packaged("galaxies", "velocities of galaxies, 1000 km/s")


def acidity() -> Dataset:
    """Load the acidity index of 155 lakes in Wisconsin: the log of their acid-neutralising capacity.

    References
    ----------
    Crawford (1994), An application of the Laplace method to finite mixture distributions, Journal of the
    American Statistical Association 89, 259-267; shipped in R's mclust.

    Examples
    --------
    >>> acidity().data.shape
    (155, 1)
    """
    return read_packaged("acidity", "acidity index of lakes in Wisconsin, logarithms")


def iris() -> Dataset:
    """Load the sepals and petals, in cm, of 150 irises of three species, which are the labels.

    References
    ----------
    Anderson (1935), The irises of the Gaspé peninsula; Fisher (1936), The use of multiple measurements in
    taxonomic problems, Annals of Eugenics 7, 179-188; shipped in R's datasets.

    Examples
    --------
    >>> iris().data.shape, sorted(set(iris().labels.tolist()))
    ((150, 4), ['setosa', 'versicolor', 'virginica'])
    """
    return read_packaged("iris", "sepals and petals of three species of iris, cm")


def diabetes() -> Dataset:
    """Load glucose, insulin and steady-state plasma glucose of 145 people, whose diagnoses are the labels.

    References
    ----------
    Reaven and Miller (1979), An attempt to define the nature of chemical diabetes using a multidimensional
    analysis, Diabetologia 16, 17-24; shipped in R's mclust.

    Examples
    --------
    >>> diabetes().data.shape, sorted(set(diabetes().labels.tolist()))
    ((145, 3), ['Chemical', 'Normal', 'Overt'])
    """
    return read_packaged("diabetes", "areas under curves of glucose and insulin, and plasma glucose")


def thyroid() -> Dataset:
    """Load five laboratory tests of the thyroid of 215 patients, whose diagnoses are the labels.

    References
    ----------
    Coomans, Broeckaert, Jonckheer and Massart (1983), Comparison of multivariate discrimination techniques
    for clinical data, application to the thyroid functional state, Methods of Information in Medicine 22,
    93-101; shipped in R's mclust.

    Examples
    --------
    >>> thyroid().data.shape, sorted(set(thyroid().labels.tolist()))
    ((215, 5), ['Hyper', 'Hypo', 'Normal'])
    """
    return read_packaged("thyroid", "laboratory tests of the thyroid")


def gvhd_control() -> Dataset:
    """Load the fluorescence of four antibodies on 6,809 blood cells, of a patient without the disease.

    References
    ----------
    Brinkman, Gasparetto, Lee and others (2007), High-content flow cytometry and temporal data analysis for
    defining a cellular signature of graft-versus-host disease, Biology of Blood and Marrow Transplantation
    13, 691-700; shipped in R's mclust.

    Examples
    --------
    >>> gvhd_control().feature_names, gvhd_control().data.shape
    (('CD4', 'CD8b', 'CD3', 'CD8'), (6809, 4))
    """
    return read_packaged("gvhd_control", "fluorescence of blood cells in a flow cytometer")
