deconvvizImage({"number":60,"units":[[1,11,7,0.878,[49,53,68,72],0.1681],[4,36,1,0.945,[34,34,75,75],0.04638]],"file":"fish 60","class":"fish","rows":112,"columns":112,"before":53,"after":61});
