deconvvizImage({"number":363,"units":[[0,20,8,0.959,[23,93,30,100],0.02631]],"file":"basket 363","class":"basket","rows":112,"columns":112,"before":361,"after":365});
