deconvvizImage({"number":302,"units":[[3,3,1,0.861,[56,24,101,69],0.04297],[3,5,4,0.734,[45,21,96,72],0.02752]],"file":"cabin 302","class":"cabin","rows":112,"columns":112,"before":301,"after":303});
