deconvvizImage({"number":406,"units":[[0,17,6,0.939,[13,29,20,36],0.1573],[4,4,8,0.745,[-8,0,53,61],0.01421]],"file":"train 406","class":"train","rows":112,"columns":112,"before":405,"after":407});
