deconvvizImage({"number":164,"units":[[0,16,5,0.957,[21,29,28,36],0.02638]],"file":"vase 164","class":"vase","rows":112,"columns":112,"before":163,"after":165});
