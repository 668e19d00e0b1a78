deconvvizImage({"number":300,"units":[[4,17,7,0.749,[38,14,87,63],0.0414]],"file":"book 300","class":"book","rows":112,"columns":112,"before":299,"after":301});
