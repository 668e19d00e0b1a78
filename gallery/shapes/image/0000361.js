deconvvizImage({"number":361,"units":[[3,125,7,0.682,[14,30,63,79],0.07582]],"file":"cat 361","class":"cat","rows":112,"columns":112,"before":360,"after":363});
