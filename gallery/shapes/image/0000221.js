deconvvizImage({"number":221,"units":[[3,43,6,0.721,[6,30,55,79],0.04653]],"file":"cat 221","class":"cat","rows":112,"columns":112,"before":218,"after":222});
