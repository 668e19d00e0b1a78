deconvvizImage({"number":126,"units":[[0,17,5,0.959,[5,15,12,22],0.1607]],"file":"train 126","class":"train","rows":112,"columns":112,"before":124,"after":127});
