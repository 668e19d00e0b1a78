deconvvizImage({"number":129,"units":[[4,3,4,0.727,[40,8,85,53],0.1027],[4,5,7,0.719,[32,-8,93,53],0.04475]],"file":"tree 129","class":"tree","rows":112,"columns":112,"before":127,"after":130});
