deconvvizImage({"number":336,"units":[[0,3,6,0.96,[19,35,26,42],0.04132],[4,17,8,0.742,[14,-2,63,47],0.03706]],"file":"car 336","class":"car","rows":112,"columns":112,"before":334,"after":337});
