deconvvizImage({"number":228,"units":[[4,36,6,0.691,[50,50,91,91],0.03307]],"file":"fish 228","class":"fish","rows":112,"columns":112,"before":225,"after":229});
