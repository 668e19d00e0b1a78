deconvvizImage({"number":294,"units":[[1,5,3,0.958,[67,35,90,58],0.09138],[4,11,4,0.724,[19,35,74,90],0.07507]],"file":"train 294","class":"train","rows":112,"columns":112,"before":293,"after":295});
