"""The bibliography: what formulas cite, by key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["BIBLIOGRAPHY", "Entry"]


@dataclass(frozen=True)
class Entry:
    """A work of the literature. key: first author's family name and the year, lower case. doi: bare, or empty."""

    key: str
    text: str
    doi: str = ""


def _by_key(entries: Iterable[Entry]) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for entry in entries:
        if entry.key in found:
            raise ValueError(f"the bibliography holds {entry.key} twice: give one of them a letter, {entry.key}a")
        found[entry.key] = entry
    return found


BIBLIOGRAPHY: Final[Mapping[str, Entry]] = _by_key(
    (
        Entry(
            "apostol1967",
            "T. M. Apostol, Calculus, volume 1, second edition, Wiley, 1967",
        ),
        Entry(
            "ba2016",
            "J. L. Ba, J. R. Kiros and G. E. Hinton, Layer normalization, arXiv:1607.06450, 2016",
        ),
        Entry(
            "balduzzi2018",
            "D. Balduzzi, S. Racaniere, J. Martens, J. Foerster, K. Tuyls and T. Graepel, The mechanics of n-player "
            "differentiable games, in International Conference on Machine Learning, 354-363, 2018",
        ),
        Entry(
            "bengio1994",
            "Y. Bengio, P. Simard and P. Frasconi, Learning long-term dependencies with gradient descent is difficult, "
            "IEEE Transactions on Neural Networks 5(2), 157-166, 1994",
            "10.1109/72.279181",
        ),
        Entry(
            "bishop2006",
            "C. M. Bishop, Pattern Recognition and Machine Learning, Springer, 2006",
        ),
        Entry(
            "blelloch1990",
            "G. E. Blelloch, Prefix sums and their applications, Technical Report CMU-CS-90-190, Carnegie Mellon University, "
            "1990",
        ),
        Entry(
            "bottou2018",
            "L. Bottou, F. E. Curtis and J. Nocedal, Optimization methods for large-scale machine learning, "
            "SIAM Review 60(2), 223-311, 2018",
            "10.1137/16M1080173",
        ),
        Entry(
            "bridle1990",
            "J. S. Bridle, Probabilistic interpretation of feedforward classification network outputs, with "
            "relationships to statistical pattern recognition, in Neurocomputing, 227-236, Springer, 1990",
            "10.1007/978-3-642-76153-9_28",
        ),
        Entry(
            "bronstein2021",
            "M. M. Bronstein, J. Bruna, T. Cohen and P. Velickovic, Geometric deep learning: grids, groups, graphs, geodesics, "
            "and gauges, arXiv:2104.13478, 2021",
        ),
        Entry(
            "cho2014",
            "K. Cho, B. van Merrienboer, C. Gulcehre, D. Bahdanau, F. Bougares, H. Schwenk and Y. Bengio, Learning phrase "
            "representations using RNN encoder-decoder for statistical machine translation, EMNLP 2014, 1724-1734",
            "10.3115/v1/D14-1179",
        ),
        Entry(
            "clarke1975",
            "F. H. Clarke, Generalized gradients and applications, Transactions of the American Mathematical Society "
            "205, 247-262, 1975",
            "10.1090/S0002-9947-1975-0367131-6",
        ),
        Entry(
            "clevert2016",
            "D.-A. Clevert, T. Unterthiner and S. Hochreiter, Fast and accurate deep network learning by exponential linear "
            "units (ELUs), ICLR 2016, arXiv:1511.07289",
        ),
        Entry(
            "cochran1977",
            "W. G. Cochran, Sampling Techniques, third edition, Wiley, 1977",
        ),
        Entry(
            "cooley1965",
            "J. W. Cooley and J. W. Tukey, An algorithm for the machine calculation of complex Fourier series, Mathematics "
            "of Computation 19(90), 297-301, 1965",
            "10.1090/S0025-5718-1965-0178586-1",
        ),
        Entry(
            "cover2006",
            "T. M. Cover and J. A. Thomas, Elements of Information Theory, second edition, Wiley, 2006",
            "10.1002/047174882X",
        ),
        Entry(
            "duchi2011",
            "J. Duchi, E. Hazan and Y. Singer, Adaptive subgradient methods for online learning and stochastic "
            "optimization, Journal of Machine Learning Research 12, 2121-2159, 2011",
        ),
        Entry(
            "dumoulin2016",
            "V. Dumoulin and F. Visin, A guide to convolution arithmetic for deep learning, arXiv:1603.07285, 2016",
            "10.48550/arXiv.1603.07285",
        ),
        Entry(
            "elfwing2018",
            "S. Elfwing, E. Uchibe and K. Doya, Sigmoid-weighted linear units for neural network function approximation in "
            "reinforcement learning, Neural Networks 107, 3-11, 2018",
            "10.1016/j.neunet.2017.12.012",
        ),
        Entry(
            "elman1990",
            "J. L. Elman, Finding structure in time, Cognitive Science 14(2), 179-211, 1990",
            "10.1207/s15516709cog1402_1",
        ),
        Entry(
            "gauss1809",
            "C. F. Gauss, Theoria motus corporum coelestium in sectionibus conicis solem ambientium, Perthes et "
            "Besser, 1809",
        ),
        Entry(
            "gers2000",
            "F. A. Gers, J. Schmidhuber and F. Cummins, Learning to forget: continual prediction with LSTM, Neural "
            "Computation 12(10), 2451-2471, 2000",
            "10.1162/089976600300015015",
        ),
        Entry(
            "glorot2010",
            "X. Glorot and Y. Bengio, Understanding the difficulty of training deep feedforward neural networks, in "
            "International Conference on Artificial Intelligence and Statistics, 249-256, 2010",
        ),
        Entry(
            "glorot2011",
            "X. Glorot, A. Bordes and Y. Bengio, Deep sparse rectifier neural networks, Proceedings of Machine "
            "Learning Research 15, 315-323, 2011",
        ),
        Entry(
            "golub1973",
            "G. H. Golub and V. Pereyra, The differentiation of pseudo-inverses and nonlinear least squares problems "
            "whose variables separate, SIAM Journal on Numerical Analysis 10(2), 413-432, 1973",
            "10.1137/0710036",
        ),
        Entry(
            "goodfellow2014",
            "I. Goodfellow, J. Pouget-Abadie, M. Mirza, B. Xu, D. Warde-Farley, S. Ozair, A. Courville and Y. Bengio, "
            "Generative adversarial nets, in Advances in Neural Information Processing Systems 27, 2672-2680, 2014",
        ),
        Entry(
            "goodfellow2016",
            "I. Goodfellow, Y. Bengio and A. Courville, Deep Learning, MIT Press, 2016",
        ),
        Entry(
            "griewank2008",
            "A. Griewank and A. Walther, Evaluating Derivatives, second edition, SIAM, 2008",
            "10.1137/1.9780898717761",
        ),
        Entry(
            "hardy1934",
            "G. H. Hardy, J. E. Littlewood and G. Pólya, Inequalities, Cambridge University Press, 1934",
        ),
        Entry(
            "he2015",
            "K. He, X. Zhang, S. Ren and J. Sun, Delving deep into rectifiers: surpassing human-level performance on ImageNet "
            "classification, ICCV 2015, 1026-1034",
            "10.1109/ICCV.2015.123",
        ),
        Entry(
            "hendrycks2016",
            "D. Hendrycks and K. Gimpel, Gaussian error linear units (GELUs), arXiv:1606.08415, 2016",
        ),
        Entry(
            "higham2008",
            "N. J. Higham, Functions of Matrices: Theory and Computation, SIAM, 2008",
            "10.1137/1.9780898717778",
        ),
        Entry(
            "hinton2012",
            "G. Hinton, N. Srivastava and K. Swersky, Neural networks for machine learning, lecture 6a: overview of "
            "mini-batch gradient descent, Coursera, 2012",
        ),
        Entry(
            "hochreiter1997",
            "S. Hochreiter and J. Schmidhuber, Long short-term memory, Neural Computation 9(8), 1735-1780, 1997",
            "10.1162/neco.1997.9.8.1735",
        ),
        Entry(
            "howard2019",
            "A. Howard, M. Sandler, G. Chu, L.-C. Chen, B. Chen, M. Tan, W. Wang, Y. Zhu, R. Pang, V. Vasudevan, Q. V. Le and "
            "H. Adam, Searching for MobileNetV3, ICCV 2019, 1314-1324",
            "10.1109/ICCV.2019.00140",
        ),
        Entry(
            "huber1964",
            "P. J. Huber, Robust estimation of a location parameter, Annals of Mathematical Statistics 35(1), 73-101, 1964",
            "10.1214/aoms/1177703732",
        ),
        Entry(
            "ioffe2015",
            "S. Ioffe and C. Szegedy, Batch normalization: accelerating deep network training by reducing internal "
            "covariate shift, ICML 2015, 448-456, arXiv:1502.03167",
        ),
        Entry(
            "kingma2015",
            "D. P. Kingma and J. Ba, Adam: a method for stochastic optimization, ICLR 2015, arXiv:1412.6980",
        ),
        Entry(
            "klambauer2017",
            "G. Klambauer, T. Unterthiner, A. Mayr and S. Hochreiter, Self-normalizing neural networks, NeurIPS 2017, "
            "arXiv:1706.02515",
        ),
        Entry(
            "knuth1997",
            "D. E. Knuth, The Art of Computer Programming, volume 1, third edition, Addison-Wesley, 1997",
        ),
        Entry(
            "kreutz2009",
            "K. Kreutz-Delgado, The complex gradient operator and the CR-calculus, arXiv:0906.4835, 2009",
        ),
        Entry(
            "kullback1951",
            "S. Kullback and R. A. Leibler, On information and sufficiency, Annals of Mathematical Statistics 22(1), 79-86, "
            "1951",
            "10.1214/aoms/1177729694",
        ),
        Entry(
            "lecun1989",
            "Y. LeCun, B. Boser, J. S. Denker, D. Henderson, R. E. Howard, W. Hubbard and L. D. Jackel, "
            "Backpropagation applied to handwritten zip code recognition, Neural Computation 1(4), 541-551, 1989",
            "10.1162/neco.1989.1.4.541",
        ),
        Entry(
            "lecun1998",
            "Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, Gradient-based learning applied to document recognition, "
            "Proceedings of the IEEE 86(11), 2278-2324, 1998",
            "10.1109/5.726791",
        ),
        Entry(
            "magnus1999",
            "J. R. Magnus and H. Neudecker, Matrix Differential Calculus with Applications in Statistics and "
            "Econometrics, revised edition, Wiley, 1999",
        ),
        Entry(
            "mescheder2017",
            "L. Mescheder, S. Nowozin and A. Geiger, The numerics of GANs, in Advances in Neural Information Processing "
            "Systems 30, 1825-1835, 2017",
        ),
        Entry(
            "mikolov2013",
            "T. Mikolov, K. Chen, G. Corrado and J. Dean, Efficient estimation of word representations in vector space, "
            "arXiv:1301.3781, 2013",
        ),
        Entry(
            "misra2020",
            "D. Misra, Mish: a self regularized non-monotonic activation function, BMVC 2020, arXiv:1908.08681",
        ),
        Entry(
            "montufar2014",
            "G. Montufar, R. Pascanu, K. Cho and Y. Bengio, On the number of linear regions of deep neural networks, in "
            "Advances in Neural Information Processing Systems 27, 2924-2932, 2014",
        ),
        Entry(
            "nesterov1983",
            "Y. Nesterov, A method for solving the convex programming problem with convergence rate O(1/k^2), "
            "Soviet Mathematics Doklady 27, 372-376, 1983",
        ),
        Entry(
            "nesterov2004",
            "Y. Nesterov, Introductory Lectures on Convex Optimization, Kluwer, 2004",
            "10.1007/978-1-4419-8853-9",
        ),
        Entry(
            "olver2010",
            "F. W. J. Olver, D. W. Lozier, R. F. Boisvert and C. W. Clark (editors), NIST Handbook of Mathematical "
            "Functions, Cambridge University Press, 2010",
        ),
        Entry(
            "oppenheim2010",
            "A. V. Oppenheim and R. W. Schafer, Discrete-Time Signal Processing, third edition, Pearson, 2010",
        ),
        Entry(
            "parikh2014",
            "N. Parikh and S. Boyd, Proximal algorithms, Foundations and Trends in Optimization 1(3), 127-239, 2014",
            "10.1561/2400000003",
        ),
        Entry(
            "pascanu2013",
            "R. Pascanu, T. Mikolov and Y. Bengio, On the difficulty of training recurrent neural networks, in International "
            "Conference on Machine Learning, 1310-1318, 2013",
        ),
        Entry(
            "polyak1964",
            "B. T. Polyak, Some methods of speeding up the convergence of iteration methods, USSR Computational "
            "Mathematics and Mathematical Physics 4(5), 1-17, 1964",
            "10.1016/0041-5553(64)90137-5",
        ),
        Entry(
            "robbins1951",
            "H. Robbins and S. Monro, A stochastic approximation method, Annals of Mathematical Statistics 22(3), "
            "400-407, 1951",
            "10.1214/aoms/1177729586",
        ),
        Entry(
            "rudin1976",
            "W. Rudin, Principles of Mathematical Analysis, third edition, McGraw-Hill, 1976",
        ),
        Entry(
            "rumelhart1986",
            "D. E. Rumelhart, G. E. Hinton and R. J. Williams, Learning representations by back-propagating errors, "
            "Nature 323, 533-536, 1986",
            "10.1038/323533a0",
        ),
        Entry(
            "simonyan2014",
            "K. Simonyan, A. Vedaldi and A. Zisserman, Deep inside convolutional networks: visualising image classification "
            "models and saliency maps, arXiv:1312.6034, 2014",
        ),
        Entry(
            "sundararajan2017",
            "M. Sundararajan, A. Taly and Q. Yan, Axiomatic attribution for deep networks, in International Conference on "
            "Machine Learning, 3319-3328, 2017",
        ),
        Entry(
            "sutskever2013",
            "I. Sutskever, J. Martens, G. Dahl and G. Hinton, On the importance of initialization and momentum in deep "
            "learning, in International Conference on Machine Learning, 1139-1147, 2013",
        ),
        Entry(
            "telgarsky2016",
            "M. Telgarsky, Benefits of depth in neural networks, in Conference on Learning Theory, 1517-1539, 2016",
        ),
        Entry(
            "vaswani2017",
            "A. Vaswani, N. Shazeer, N. Parmar, J. Uszkoreit, L. Jones, A. N. Gomez, L. Kaiser and I. Polosukhin, "
            "Attention is all you need, Advances in Neural Information Processing Systems 30, 2017",
            "10.48550/arXiv.1706.03762",
        ),
        Entry(
            "werbos1990",
            "P. J. Werbos, Backpropagation through time: what it does and how to do it, Proceedings of the IEEE "
            "78(10), 1550-1560, 1990",
            "10.1109/5.58337",
        ),
        Entry(
            "wu2018",
            "Y. Wu and K. He, Group normalization, ECCV 2018, 3-19",
            "10.1007/978-3-030-01261-8_1",
        ),
        Entry(
            "zhang2019",
            "B. Zhang and R. Sennrich, Root mean square layer normalization, NeurIPS 2019, arXiv:1910.07467",
        ),
    )
)
